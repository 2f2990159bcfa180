"""What methods of training share: clips, losses, the loop, checkpoints of a run.

::

    what is given      task, network, losses, clip_order, pairs; clips are in data/
    train              the one function that methods call
    loop               steps, validation, the epoch that is kept: learning_rate, optimiser,
                       interruption
    a step's gradient  gradients, batches, micro_batches, distributed, dropout, fast_convolution
    where, how         settings, runtime
    what is kept       run_state (to continue), run_log, identity (to tell runs apart)
"""
