"""TV-L1 as Triton kernels, for NVIDIA GPUs."""
