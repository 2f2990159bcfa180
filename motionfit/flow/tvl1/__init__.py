"""TV-L1 optical flow on the CPU: by OpenCV (the reference) and by numba."""
