"""What methods of training share: clips, losses, the loop, checkpoints of a run."""
