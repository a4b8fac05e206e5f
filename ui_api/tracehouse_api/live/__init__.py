"""What is new, told while it comes in: Server-Sent Events."""
