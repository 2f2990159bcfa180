"""The whole recipe, stage by stage."""
