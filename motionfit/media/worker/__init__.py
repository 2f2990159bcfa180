"""Decoder processes: what runs in them (`__main__`), and what their parent sees (`crew`)."""
