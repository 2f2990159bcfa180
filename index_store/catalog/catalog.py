"""The catalog as one object: a repository for each kind of thing in it."""

from index_store.catalog.clips import Clips
from index_store.catalog.collections import Collections
from index_store.catalog.encoders import Encoders
from index_store.catalog.files import Files
from index_store.catalog.indexings import Indexings
from index_store.catalog.videos import Videos
from index_store.database import Database


class Catalog:
    """The truth of a store. Every method of its parts is one transaction.

    Attributes:
        collections: Named sets of files.
        encoders: Whose embeddings are held.
        indexings: Collections seen by an encoder with a sampling.
        files: What the paths of a collection hold.
        videos: Bytes with their clips and embeddings.
        clips: Clips by id.
    """

    def __init__(self, database: Database) -> None:
        self.collections = Collections(database)
        self.encoders = Encoders(database)
        self.indexings = Indexings(database)
        self.files = Files(database)
        self.videos = Videos(database)
        self.clips = Clips(database)
