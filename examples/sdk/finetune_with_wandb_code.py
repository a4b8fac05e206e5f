"""A transformers fine-tune that was written for wandb; the first three lines are what is new."""

import sys

import tracehouse.wandb

sys.modules["wandb"] = tracehouse.wandb

from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments

# A model made here, so that nothing has to be downloaded.
config = BertConfig(
    vocab_size=50, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
)
data = [{"input_ids": [n % 50, 3, 4, 5], "labels": n % 2} for n in range(64)]
trainer = Trainer(
    BertForSequenceClassification(config),
    TrainingArguments(
        "out",
        report_to="wandb",
        run_name="tiny-bert",
        max_steps=20,
        logging_steps=5,
        per_device_train_batch_size=8,
        use_cpu=True,
    ),
    train_dataset=data,
)
trainer.train()
