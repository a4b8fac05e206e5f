"""`wandb.integration`: callbacks for libraries that have none of their own."""
