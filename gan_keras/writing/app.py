"""How the web page looks, and serving it: Gradio, with everything off that would call elsewhere."""

import html
import logging
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.writing import hands
from gan_keras.writing.page import BEST_OF, FORMULA, MAX_INPUT, SIZES, STYLES, TEXT, Page
from gan_keras.writing.writer import Options, Writer

QUEUE = 16  # visitors that may wait
CSS = """
.gradio-container { width: 100%; max-width: 1080px !important; margin: 0 auto !important; }
#written { min-height: 160px; }
#written svg { max-width: 100%; height: auto; display: block; border-radius: 6px; }
#written .error { color: #a3142a; font-size: 1.05rem; margin: 1rem 0; overflow-wrap: anywhere; }
#written .note { color: #667; font-size: .85rem; margin: .4rem 0 0; }
"""


def build(page: Page, title: str) -> Any:
    """Builds the Gradio app.

    Args:
        page: What it does.
        title: Name of the run.

    Raises:
        UsageError: If Gradio is not installed.
    """
    gr = import_gradio()
    alphabet = page.writer.alphabet
    examples = page.examples() or [[TEXT, next(c for c in alphabet.characters if c)]]
    with gr.Blocks(title="Handwriting", analytics_enabled=False, delete_cache=(600, 600)) as app:
        gr.Markdown(
            "# Handwriting\nA generative network made this hand up. Type, and it writes.\n\n"
            f"Run `{title}` writes: {html.escape(alphabet.summary())}"
        )
        with gr.Row():
            with gr.Column(scale=3):
                wishes, outputs = _sheet(gr, *examples[0])
            with gr.Column(scale=2):
                inputs = [*wishes, *_hand(gr, page.writer.reader is not None)]
        gr.Examples(examples, wishes, label="Examples")
        gr.on(
            [app.load, *(part.change for part in inputs)],
            _with_buttons(gr, page.write),
            inputs,
            outputs,
            show_progress="hidden",
            trigger_mode="always_last",
            api_visibility="private",
        )
    return app.queue(max_size=QUEUE, default_concurrency_limit=1)


def _sheet(gr: Any, kind: str, words: str) -> tuple[list, list]:
    """What to write and where it appears; the inputs and the outputs."""
    wishes = [
        gr.Radio([TEXT, FORMULA], value=kind, label="What"),
        gr.Textbox(
            words,
            label="Words or formula",
            lines=2,
            max_lines=6,
            max_length=MAX_INPUT,
            elem_id="words",
        ),
    ]
    outputs = [gr.HTML(elem_id="written")]
    with gr.Row():
        for name in ("png", "svg"):
            outputs.append(
                gr.DownloadButton(
                    f"Download {name.upper()}", elem_id=name, interactive=False, min_width=120
                )
            )
    return wishes, outputs


def _hand(gr: Any, proof_reading: bool) -> list:
    """Who writes and how; the inputs in the order of `Page.write`."""
    style = gr.Slider(0, STYLES, 1, step=1, label="Hand", elem_id="hand")
    towards = gr.Slider(0, STYLES, 2, step=1, label="Other hand")
    blend = gr.Slider(0, 1, 0, step=0.05, label="From the one to the other")
    with gr.Row():
        low, usual = hands.MIN_VARIATION, Options.variation
        variation = gr.Slider(low, 1, usual, step=0.05, label="Variation", min_width=120)
        size = gr.Slider(*SIZES, step=4, label="Size", min_width=120)
    best_of = gr.Slider(
        1, BEST_OF, 1, step=1, label="Proof-reading: best of so many", visible=proof_reading
    )
    seed = gr.Number(0, visible=False, precision=0)
    again = gr.Button("The same once more", elem_id="again")
    again.click(lambda n: n + 1, seed, seed, api_visibility="private", show_progress="hidden")
    return [style, towards, blend, variation, size, best_of, seed]


def _with_buttons(gr: Any, write: Callable[..., tuple]) -> Callable[..., tuple]:
    """Makes the download buttons follow what was written."""

    def wrapped(*inputs):
        drawing, *paths = write(*inputs)
        buttons = [gr.DownloadButton(value=path, interactive=path is not None) for path in paths]
        return drawing, *buttons

    return wrapped


def import_gradio() -> Any:
    """Imports Gradio with everything turned off that would call home.

    Raises:
        UsageError: If it is not installed.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    logging.getLogger("httpx").setLevel(logging.WARNING)  # notes on talking to itself
    try:
        import gradio
    except ImportError:
        raise UsageError(
            "the page needs Gradio, which is an extra: pip install 'gan_keras[page]' (or `make "
            "page`, which does)"
        ) from None
    return gradio


def launch(
    writer: Writer, title: str, host: str = "127.0.0.1", port: int = 7860, wait: bool = True
) -> Any:
    """Serves the page.

    Args:
        writer: Writes.
        title: Name of the run.
        host: Address to listen at.
        port: Port; 0 for any that is free.
        wait: Whether to serve until interrupted; otherwise the app is returned, with its address
            in `local_url`.

    Raises:
        DataError: If the port is taken.
        UsageError: If Gradio is not installed.
    """
    gr = import_gradio()
    folder = tempfile.TemporaryDirectory(prefix="handwriting-")
    page = Page(writer, Path(folder.name))
    for kind, words in page.examples()[:1]:
        page.write(kind, words, 0, 0, 0, 0.45, SIZES[2], 1, 0)  # traces what is traced once
    app = build(page, title)
    # The folder goes with the app.
    app.downloads = folder
    theme = gr.themes.Default(font=["system-ui", "sans-serif"], font_mono=["monospace"])
    try:
        app.launch(
            server_name=host,
            server_port=port or None,
            share=False,
            quiet=True,
            inbrowser=False,
            prevent_thread_lock=True,
            theme=theme,
            css=CSS,
            footer_links=[],
            pwa=False,
            ssr_mode=False,
            mcp_server=False,
            enable_monitoring=False,
            allowed_paths=[folder.name],
            # Else Gradio asks for its own page and gives up, with advice to share it with the
            # world, if the answer takes three seconds: a busy machine or a proxy is enough.
            _frontend=False,
        )
    except OSError as error:
        raise DataError(f"cannot serve at {host}:{port} ({error}); choose another --port") from None
    print(f"writing at {app.local_url} (Ctrl-C ends it)", flush=True)
    if wait:
        app.block_thread()
    return app
