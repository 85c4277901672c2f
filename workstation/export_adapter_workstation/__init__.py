"""What runs on a workstation only: the command line, a local Pleo and an embedded AWS."""
