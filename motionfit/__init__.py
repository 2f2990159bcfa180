"""Motion-aware video encoders and the media they learn from."""
