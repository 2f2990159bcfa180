"""From videos to an encoder: inputs, flow, packs, method, evaluation, report.

::

    commands/       options and output; stages/ are the functions of the single stages
    fit             the function of `motionfit fit`
    how and where   presets, settings, setup, run_dir
    with what       inputs, packer, needs, materials
    what is done    methods_table, trainings; choices has the names
    what is told    evaluation, result, report, with curves, line_chart and markdown
"""
