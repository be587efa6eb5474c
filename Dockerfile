# DMB with all of its commands:
#
#   docker build -t dmb .                                                        for a CPU
#   docker build -t dmb:cuda --build-arg TORCH=https://download.pytorch.org/whl/cu126 .
#   docker run --rm -v "$PWD":/work dmb video clip.mp4 --optional_box 90 40 60 80 --output out.mp4
#   docker run --rm --gpus all -v "$PWD":/work dmb:cuda vot --dataset mini
#   docker run --rm -p 127.0.0.1:7860:7860 -v "$PWD":/work dmb web --host 0.0.0.0 --root /work
FROM python:3.11-slim

ARG TORCH=https://download.pytorch.org/whl/cpu

# What opencv-python needs of the system.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgl1 libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/*

# The large packages first, so that a change of the code does not fetch them again.
RUN pip install --no-cache-dir --index-url "$TORCH" "torch>=2.6" "torchvision>=0.21"

COPY . /opt/dmb
RUN pip install --no-cache-dir "/opt/dmb[web]" && useradd --create-home dmb

USER dmb
WORKDIR /work
ENTRYPOINT ["dmb"]
CMD ["--help"]
