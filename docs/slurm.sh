#!/bin/bash
# A tracker over a dataset on many machines: sbatch docs/slurm.sh (edit what follows to fit your cluster).
#SBATCH --job-name=dmb
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=8
#SBATCH --cpus-per-task=1
#SBATCH --time=12:00:00
# With GPUs: --gpus-per-node=8; each process takes the GPU of its LOCAL_RANK.

export MASTER_ADDR=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
export MASTER_PORT=$((29500 + SLURM_JOB_ID % 1000))
export OMP_NUM_THREADS=$SLURM_CPUS_PER_TASK

# --kill-on-bad-exit=0: a process that dies takes no other with it; its sequence goes to another.
srun --kill-on-bad-exit=0 bash -c '
    export RANK=$SLURM_PROCID WORLD_SIZE=$SLURM_NTASKS LOCAL_RANK=$SLURM_LOCALID
    exec .venv/bin/python pytracking/run_tracker.py --dataset_name lasot --results "$SLURM_SUBMIT_DIR/results"
'
