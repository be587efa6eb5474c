r"""Stage 2 of the training, from a stage-1 checkpoint.

One GPU:
    python train_stage2.py --initial checkpoints/ltr/DMB/stage1/AMB_best.pth.tar --data-root /data/YouTube-VOS
Many GPUs of one machine (the same with torchrun):
    python train_stage2.py --gpu 0,1,2,3 --initial stage1.pth.tar --data-root /data/YouTube-VOS
    torchrun --nproc_per_node=4 train_stage2.py --initial stage1.pth.tar --data-root /data/YouTube-VOS
Two machines of 8 GPUs, the same command on both, where `first` is the name of one of them:
    torchrun --nnodes=2 --nproc_per_node=8 --rdzv_backend=c10d --rdzv_endpoint=first:29500 train_stage2.py \
        --initial stage1.pth.tar --data-root /data/YouTube-VOS
Go on after a stop: the same command with --resume. All options: --help; all settings:
ltr/train_settings/DMB/stage2.py. Stage 1: python ltr/run_training.py DMB stage1.
"""

import sys

from ltr.run_training import main

if __name__ == "__main__":
    sys.exit(main(stage=("DMB", "stage2"), description=__doc__))
