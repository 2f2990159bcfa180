"""Device, number type and memory layout of inference."""

from typing import Literal

DeviceName = Literal["auto", "cpu", "cuda", "mps"]
Precision = Literal["auto", "float32", "bfloat16"]
