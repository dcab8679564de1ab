# One image for every process; docs/deploy.md has the commands it is started with.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1

RUN useradd --system --create-home --home-dir /home/ringback ringback
WORKDIR /app

# The lock names every package with its checksum, so pip need not look for dependencies.
COPY requirements.lock ./
RUN pip install --no-deps --require-hashes -r requirements.lock

COPY . .
# collectstatic reads the settings, which want values; none of these ends up in the image.
RUN RINGBACK_ENV=production \
    SECRET_KEY=only-for-collecting-static-files-while-building \
    FIELD_ENCRYPTION_KEYS=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= \
    DATABASE_URL=postgres://nobody@localhost/none \
    REDIS_URL=redis://localhost/0 \
    PUBLIC_BASE_URL=https://build.invalid \
    BASE_DOMAIN=build.invalid \
    python manage.py collectstatic --noinput

# A volume mounted here is its user's from the start.
RUN install --directory --owner ringback --mode 0700 var/files
USER ringback
EXPOSE 8000
CMD ["sh", "-c", "exec uvicorn config.asgi:application --host 0.0.0.0 --port ${PORT:-8000} --workers ${WEB_CONCURRENCY:-1} --no-access-log --lifespan on --ws-max-size 4096 --proxy-headers --forwarded-allow-ips '*' --timeout-graceful-shutdown 10"]
