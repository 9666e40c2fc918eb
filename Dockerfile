# The relay in a container: docs/guides/container.md says how to run it, and with which limits.
#
#   docker build -t airelays .

FROM node:24-bookworm-slim AS build
WORKDIR /src
# The list of packages by itself: it changes less often than the source, and its layer is kept.
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsup.config.ts ./
COPY src ./src
# Afterwards only what runs stays: no tools, and no keyring, which a container does not have.
RUN npm run build \
 && npm ci --ignore-scripts --omit=dev --omit=optional --no-audit --no-fund

FROM node:24-bookworm-slim
COPY --from=build /src/package.json /opt/airelays/package.json
COPY --from=build /src/node_modules /opt/airelays/node_modules
COPY --from=build /src/dist /opt/airelays/dist
# The folder of the login: its owner's alone. A new volume takes owner and mode from here.
RUN ln -s ../../../opt/airelays/dist/main.js /usr/local/bin/airelays \
 && install -d -o node -g node -m 0700 /data
# Everything that is kept is below /data, as in anybody's home, and nothing else is written: the rest
# may be read-only.
# Inside, the relay listens on all addresses; who reaches it is decided by what is published.
ENV NODE_ENV=production \
    HOME=/data \
    AIRELAYS_AUTH_STORAGE=file \
    AIRELAYS_HOST=0.0.0.0 \
    AIRELAYS_PORT=8080 \
    AIRELAYS_ALLOW_NETWORK=true \
    AIRELAYS_AUTO_GENERATE_BEARER_TOKEN=true
USER node
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.AIRELAYS_PORT + '/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["airelays"]
CMD ["serve"]
