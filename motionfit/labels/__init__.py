"""From dense features to pseudo-labels.

::

    packed flow ── dense_features.py ──> a feature for each grid clip       (grid.py, features.py)
                                              │ granularity.py: clips, segments or videos
                                              │ preprocessing.py: as they are, l2, whitened
                                              │ kmeans.py
                                              ▼
    training  <── pseudo_labels.py: the cluster of each grid clip, in one readable file
                                              │
                       report.py, report_text.py, sheet.py: what the clusters are like
"""
