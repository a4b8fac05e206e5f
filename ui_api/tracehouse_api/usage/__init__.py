"""What models were called, what that used, and what it cost."""
