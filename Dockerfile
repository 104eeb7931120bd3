# The service alone; Neo4j is its own container (docker-compose.yml). Not built where this was written: see docs/docker.md.
FROM python:3.11-slim AS build
WORKDIR /build
COPY requirements.lock ./
RUN python -m venv /opt/headwater \
 && /opt/headwater/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --require-hashes -r requirements.lock \
 && /opt/headwater/bin/pip install --no-cache-dir --disable-pip-version-check "setuptools==84.2.1"
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY ontology ontology
COPY graph graph
COPY service service
RUN /opt/headwater/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/headwater headwater
COPY --from=build /opt/headwater /opt/headwater
COPY examples /usr/share/headwater/examples
ENV PATH=/opt/headwater/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HEADWATER_HOME=/var/lib/headwater/data \
    HEADWATER_HOST=0.0.0.0 \
    HEADWATER_PORT=8000
RUN mkdir -p /var/lib/headwater/data && chown -R headwater:headwater /var/lib/headwater
USER headwater
WORKDIR /var/lib/headwater
VOLUME /var/lib/headwater/data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=6 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
ENTRYPOINT ["headwater"]
CMD ["serve"]
