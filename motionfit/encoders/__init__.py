"""Backbones and what turns clips into embeddings."""
