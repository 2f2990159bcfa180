"""Which videos a method needs, and whether they must have labels."""

from dataclasses import dataclass

from motionfit.media.packed.layout import PackedKind


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What a method is trained with; only that is decoded, and only for flow is flow computed.

    Attributes:
        teacher: What its teacher sees; None where it has no teacher.
        may_start: Its encoder may start from a trained one, instead of random weights.
        labelled: What else is seen of the labelled videos.
        labelled_if_given: What more is, where there are labelled videos; it can do without.
        unlabelled: What is seen of the unlabelled videos.
    """

    teacher: PackedKind | None = None
    may_start: bool = False
    labelled: frozenset[PackedKind] = frozenset()
    labelled_if_given: frozenset[PackedKind] = frozenset()
    unlabelled: frozenset[PackedKind] = frozenset()

    def of_labelled(self, *, has_teacher: bool) -> frozenset[PackedKind]:
        """Return what is seen of the labelled videos; a teacher that is ready sees nothing."""
        if self.teacher is None or has_teacher:
            return self.labelled
        return self.labelled | {self.teacher}
