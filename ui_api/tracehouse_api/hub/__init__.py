"""The Hugging Face Hub: cards of runs and datasets, and the way they get there."""
