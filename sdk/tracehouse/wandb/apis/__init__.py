"""`wandb.apis`."""
