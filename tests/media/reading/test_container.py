"""What is opened as video, and what is refused with which words."""

import os
import socket
from pathlib import Path
from types import ModuleType

import av
import numpy as np
import pytest

from motionfit.errors import UnreadableVideoError, VideoNotFoundError, VideoTooLargeError
from motionfit.media.probe import probe

HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{target}\n#EXT-X-ENDLIST\n"
CONCAT = "ffconcat version 1.0\nfile '{target}'\n"
SDP = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {target} RTP/AVP 96\n"
DASH = (
    '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'mediaPresentationDuration="PT2S"><Period><AdaptationSet><Representation id="1">'
    "<BaseURL>{target}</BaseURL></Representation></AdaptationSet></Period></MPD>"
)


def test_what_is_no_regular_file_is_named(tmp_path: Path) -> None:
    pipe, folder, dangling = tmp_path / "pipe.mp4", tmp_path / "folder.mp4", tmp_path / "link.mp4"
    os.mkfifo(pipe)
    folder.mkdir()
    dangling.symlink_to(tmp_path / "gone.mp4")
    server = tmp_path / "socket.mp4"
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(server))
        for path, found in (
            (pipe, "a named pipe"),
            (folder, "a directory"),
            (dangling, "a link that leads nowhere"),
            (server, "a socket"),
            (Path(os.devnull), "a character device"),
            (tmp_path / "absent.mp4", "nothing"),
            ("null\0byte.mp4", "nothing"),
            ("http://127.0.0.1/clip.mp4", "nothing"),
        ):
            with pytest.raises(VideoNotFoundError, match=f"found {found}\\.$"):
                probe(path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "the file is empty"),
        (b"a text, whatever its name says\n" * 50, "no video file that is known here"),
        (b"\0\0\0\x18ftypisom" + bytes(500), "MP4 index is missing or damaged"),
        (bytes(4096), "no video file that is known here"),
    ],
)
def test_what_is_no_video_is_refused_in_one_sentence(
    content: bytes, sentence: str, tmp_path: Path
) -> None:
    path = tmp_path / "no_video.mp4"
    path.write_bytes(content)

    with pytest.raises(UnreadableVideoError, match=sentence) as refusal:
        probe(path)

    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("cover", [False, True])
def test_music_is_no_video_even_with_a_cover_picture(cover: bool, tmp_path: Path) -> None:
    path = tmp_path / "song.m4a"
    with av.open(str(path), "w", format="mp4") as container:
        audio = container.add_stream("aac", rate=44100)
        if cover:
            picture = container.add_stream("mjpeg", rate=1)
            picture.height, picture.width, picture.pix_fmt = 32, 32, "yuvj420p"
            picture.disposition = av.stream.Disposition.attached_pic
        silence = np.zeros((2, 44100), dtype=np.float32)
        sound = av.AudioFrame.from_ndarray(silence, format="fltp", layout="stereo")
        sound.sample_rate = 44100
        if cover:
            container.mux(picture.encode(av.VideoFrame(32, 32, "yuvj420p")))
            container.mux(picture.encode(None))
        container.mux(audio.encode(sound))
        container.mux(audio.encode(None))

    with pytest.raises(UnreadableVideoError, match="it has no video stream"):
        probe(path)


@pytest.mark.parametrize(
    ("name", "text"),
    [("list.m3u8", HLS), ("list.mp4", HLS), ("list.ffconcat", CONCAT), ("show.mpd", DASH)],
)
def test_a_playlist_opens_neither_a_file_nor_an_address(
    name: str, text: str, tmp_path: Path, burnt_in: ModuleType
) -> None:
    burnt_in.write_numbered_video(tmp_path / "secret.ts", "mpeg2video", 5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/clip.ts"
        for target in (str(tmp_path / "secret.ts"), "secret.ts", address):
            playlist = tmp_path / name
            playlist.write_text(text.format(target=target))

            with pytest.raises(UnreadableVideoError):
                probe(playlist)

        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_session_description_opens_no_port(tmp_path: Path) -> None:
    path = tmp_path / "camera.sdp"
    path.write_text(SDP.format(target=5004))

    with pytest.raises(UnreadableVideoError, match="a playlist, or of a format"):
        probe(path)


def test_a_name_is_never_read_as_an_address(tmp_path: Path, burnt_in: ModuleType) -> None:
    source = tmp_path / "source.mp4"
    burnt_in.write_numbered_video(source, "libx264", 5)
    for name in ("concat:a|b.mp4", "12:30.mp4", "http:.mp4", "-i.mp4", "%d.mp4", "a\n'\"b.mp4"):
        path = tmp_path / name
        path.write_bytes(source.read_bytes())

        assert probe(path).num_frames == 5


def test_a_name_that_is_no_text_is_served(tmp_path: Path, burnt_in: ModuleType) -> None:
    source = tmp_path / "source.mp4"
    burnt_in.write_numbered_video(source, "libx264", 5)
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.mp4"))
    path.write_bytes(source.read_bytes())

    assert probe(path).num_frames == 5


def test_a_picture_over_the_limit_is_refused_with_its_size(
    tmp_path: Path, burnt_in: ModuleType
) -> None:
    path = tmp_path / "video.mp4"
    burnt_in.write_numbered_video(path, "libx264", 2)

    with pytest.raises(VideoTooLargeError, match="96x64 are larger than the limit of 6143 pixels"):
        probe(path, max_pixels=96 * 64 - 1)
    assert probe(path, max_pixels=96 * 64).width == 96


def test_an_enormous_picture_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    path = tmp_path / "enormous.mov"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("png", rate=25)
        stream.height, stream.width, stream.pix_fmt = 9000, 9000, "gray"
        frame = av.VideoFrame(9000, 9000, "gray")
        frame.planes[0].update(bytes(frame.planes[0].buffer_size))
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))

    with pytest.raises(VideoTooLargeError, match="9000x9000"):
        probe(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "private.mp4"
    path.write_bytes(b"x")
    path.chmod(0)

    with pytest.raises(UnreadableVideoError, match="permission denied"):
        probe(path)


def test_a_name_too_long_for_the_file_system_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(VideoNotFoundError, match="found nothing"):
        probe(tmp_path / ("x" * 300))
