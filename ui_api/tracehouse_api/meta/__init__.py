"""What is transactional and not telemetry: prompts, and whatever else people edit."""
