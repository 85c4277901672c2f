"""What runs on this machine alone: the embedded AWS, the local Pleo, up and demo."""
