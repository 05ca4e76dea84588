# The review in a container. docs/install.md tells how to build and run it.

FROM python:3.11-slim-bookworm AS tools
# git, because a report names the commit it was made at, and the tests ask it for the files.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git make \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 reader

FROM tools AS review
RUN mkdir /acts && chown reader:reader /acts
USER 1000
WORKDIR /acts
# pip reads this one: PyTorch's index of builds without CUDA, where there is no GPU.
ARG PIP_EXTRA_INDEX_URL
COPY --chown=reader:reader requirements.lock ./
RUN python -m venv .venv \
    && .venv/bin/python -m pip install --no-cache-dir -r requirements.lock
COPY --chown=reader:reader . .
RUN mkdir -p .store && make environment
CMD ["make"]
