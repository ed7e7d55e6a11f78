# syntax=docker/dockerfile:1

# The browser libraries: npm is needed here and nowhere later.
FROM node:22-bookworm-slim AS browser
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

# The Python libraries, by hash, into an environment that is copied as it is.
FROM python:3.12-slim-bookworm AS libraries
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
COPY requirements.txt .
RUN python -m venv /app/.venv && /app/.venv/bin/pip install --quiet --require-hashes -r requirements.txt
COPY tools/assets.py tools/
COPY --from=browser /build/node_modules node_modules
RUN .venv/bin/python tools/assets.py

FROM python:3.12-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin elearn \
    && install -d -o elearn -g elearn /app/instance
WORKDIR /app
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ELEARN_ENV=production \
    HOST=0.0.0.0 \
    PORT=5000 \
    LOG_JSON=true \
    INSTANCE_PATH=/app/instance \
    FLASK_APP=wsgi
COPY --from=libraries /app/.venv .venv
COPY config.py wsgi.py ./
COPY migrations migrations
COPY elearn elearn
COPY --from=libraries /app/elearn/static/vendor elearn/static/vendor
RUN python -m compileall -q config.py wsgi.py elearn
USER elearn
VOLUME /app/instance
EXPOSE 5000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/healthz', timeout=2)"]
# All in one: the school with its worker on SQLite. compose.yaml shows several processes.
CMD ["python", "wsgi.py"]
