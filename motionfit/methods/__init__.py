"""One method of training an encoder a file.

::

    methods        motionfit, clusterfit_appearance, clusterfit, supervised, vcop, mers, mars,
                   random_init; teacher and student are the two trainings of motionfit
    they share     recipe (teacher, labels, student), labelled, distilled, and the tasks multi_clip
                   and matching; settings, videos, inputs, model, pseudo_labelled,
                   kept_labels, finished, run_files
    downstream     finetune, trained_parts, classification, accuracy, label_subset, downstream
"""
