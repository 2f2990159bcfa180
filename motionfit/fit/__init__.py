"""From videos to an encoder: inputs, flow, packs, method, evaluation, report."""
