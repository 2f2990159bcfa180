"""TV-L1 in torch: many pairs of frames at once, on the CPU or a GPU."""
