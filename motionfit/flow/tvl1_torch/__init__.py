"""TV-L1 optical flow of many pairs at once, in torch, with Triton kernels for an NVIDIA GPU.

``estimator`` is what callers use; ``solver`` states the energy and drives the pyramid; ``steps``
are the paper's. ``backend`` chooses between the torch steps and ``kernels``; ``work`` counts what
the arithmetic costs.
"""
