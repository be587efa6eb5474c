"""Train a stage: `python ltr/run_training.py --help`; settings in ltr/train_settings/DMB/stage1.py and stage2.py."""

import argparse
import logging
import pathlib
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from libs.utils.command_line import command_parser, parse_assignments
from libs.utils.errors import DMBError

if TYPE_CHECKING:
    from ltr.admin.settings import TrainSettings

EXAMPLES = """examples:
  python ltr/run_training.py DMB stage1 --data-root /data/YouTube-VOS --data-root stills=/data/stills
  python ltr/run_training.py DMB stage2 --initial checkpoints/ltr/DMB/stage1/AMB_best.pth.tar --gpu 0,1,2,3
  python ltr/run_training.py DMB stage2 --initial stage1.pth.tar --resume        continue after a stop
  python ltr/run_training.py DMB finetune --data my_clips/                       on a few videos of your own

Stage 1 trains the whole network on stills and videos, stage 2 memory and decoder on video clips; finetune continues
from the bundled network on your own clips, until the held-out clips improve no further. Checkpoints and logs go to
checkpoints/ and tensorboard/ in the current folder, or in --output. For several machines see docs/training.md.
"""

DATA_HELP = "your own clips, annotated in any format (docs/finetune.md), in place of all other data"
DATA_ROOT_HELP = "folder of YouTube-VOS, or NAME=FOLDER for youtubevos, davis, stills or coco; repeatable"
SET_HELP = "any other setting, see docs/parameters.md; repeatable"


def main(
    arguments: Sequence[str] | None = None, stage: tuple[str, str] | None = None, description: str | None = None
) -> int:
    """Train as the command line asks.

    Args:
        arguments: list of command-line arguments; None: this process's.
        stage, description: see `build_parser`.

    Returns:
        Exit code: 0 when done, 2 for a documented error (printed), 128 + signal number when stopped.
    """
    options = build_parser(stage, description).parse_args(arguments)
    # Imported here, because they import torch, which takes seconds, and --help should not.
    from ltr.admin.interruption import TrainingInterrupted
    from ltr.admin.launch import launch
    from ltr.trainers.session import run_session

    logging.basicConfig(level=logging.INFO, format="%(levelname)s: %(message)s")
    try:
        processes = _processes_to_launch(options)
        if processes > 1:
            arguments = sys.argv[1:] if arguments is None else arguments
            return launch(processes, [__file__, *(stage or ()), *arguments])
        else:
            run_session(settings_from(options))
    except DMBError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2
    except TrainingInterrupted as interruption:
        return 128 + interruption.signal_number
    return 0


def build_parser(stage: tuple[str, str] | None = None, description: str | None = None) -> argparse.ArgumentParser:
    """The command line of training.

    Args:
        stage: (module, name) of the settings, for a script that starts one stage; None: they are arguments.
        description: that script's description, shown by --help.
    """
    if stage is None:
        parser = command_parser("python ltr/run_training.py", "Train a stage of the DMB network.", EXAMPLES)
        parser.add_argument("train_module", help="folder of ltr/train_settings, such as DMB")
        parser.add_argument("train_name", help="file in it, such as stage1 or stage2")
    else:
        parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
        parser.set_defaults(train_module=stage[0], train_name=stage[1])
    parser.add_argument("--gpu", help="GPUs to use, such as 0 or 0,1,2,3; a process is started for each")
    parser.add_argument("--processes", type=int, default=1, help="processes to start on a machine without GPUs")
    parser.add_argument("--data", metavar="FOLDER", help=DATA_HELP)
    parser.add_argument("--data-root", action="append", default=[], metavar="[NAME=]FOLDER", help=DATA_ROOT_HELP)
    parser.add_argument("--initial", help="checkpoint to start from")
    parser.add_argument("--resume", nargs="?", const="latest", help="continue from this checkpoint, or from the latest")
    parser.add_argument("--output", help="folder for checkpoints/ and tensorboard/")
    parser.add_argument("--batch-size", type=int, help="clips in a batch of one GPU")
    parser.add_argument("--epochs", type=int, help="epochs in all")
    parser.add_argument("--clips", dest="clips_per_epoch", type=int, help="clips of an epoch, over all GPUs")
    parser.add_argument("--crop", dest="crop_size", type=int, help="side of the crops in pixels")
    parser.add_argument("--lr", type=float, help="learning rate")
    parser.add_argument("--workers", type=int, help="processes that load data, for each GPU")
    parser.add_argument("--precision", help="fp32, bf16 or fp16")
    parser.add_argument("--held-out", help="list file, or names separated by commas, of the validation sequences")
    parser.add_argument("--device", help="cuda, cpu or auto")
    parser.add_argument("--seed", type=int, help="seed of every random choice")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="others", help=SET_HELP)
    return parser


def settings_from(options: argparse.Namespace) -> "TrainSettings":
    """The stage's settings, changed by the command line.

    Raises:
        SettingsError: a setting does not exist, or an option is malformed.
    """
    # Late, as above.
    from libs.utils.params import value_of
    from ltr.admin.settings import load_settings

    settings = load_settings(options.train_module, options.train_name)
    own = {"train_module", "train_name", "gpu", "processes", "data", "data_root", "others"}
    for name, value in vars(options).items():
        if name not in own and value is not None:
            setattr(settings, name, value)
    if options.data is not None:
        settings.sources, settings.data_roots = {"clips": 1.0}, {"clips": options.data}
    for item in options.data_root:
        name, equals, folder = item.partition("=")
        # A folder may have '=' in its path.
        named = equals and not pathlib.Path(item).expanduser().exists()
        settings.data_roots.update({name: folder} if named else {"youtubevos": item})
    for name, text in parse_assignments(options.others).items():
        setattr(settings, name, value_of(settings, name, text))
    return settings


def _processes_to_launch(options: argparse.Namespace) -> int:
    # Late, as above.
    from ltr.admin.launch import is_launched, select_gpus

    if is_launched():
        return 1
    if options.gpu is None:
        return options.processes
    select_gpus(options.gpu)
    return len(options.gpu.split(","))


if __name__ == "__main__":
    sys.exit(main())
