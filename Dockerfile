# Orrery in a container: built in one stage, run in another that has no compiler, no shell scripts of ours and no development packages.
# It needs no network when it runs; all it writes is in /data (and only where a store is embedded), so its root file system may be read-only.
FROM node:20.20.2-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
COPY schema ./schema
COPY scripts ./scripts
RUN npm run build
RUN npm prune --omit=dev
RUN node scripts/sbom.mjs sbom.spdx.json

FROM node:20.20.2-bookworm-slim
LABEL org.opencontainers.image.title="Orrery" \
      org.opencontainers.image.description="One GraphQL API and one live event stream over a control plane" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=4000 \
    DATA_DIR=/data
WORKDIR /app
COPY --from=build /src/package.json /src/sbom.spdx.json ./
COPY --from=build /src/node_modules ./node_modules
COPY --from=build /src/dist ./dist
COPY LICENSE ./
COPY schema ./schema
COPY migrations ./migrations
COPY assets ./assets
RUN mkdir /data && chown node:node /data
USER node
VOLUME ["/data"]
EXPOSE 4000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --retries=3 CMD ["node", "dist/cli/healthcheck.js"]
# room for young objects: see docs/decisions/0005-room-for-young-objects.md
ENTRYPOINT ["node", "--max-semi-space-size=64", "dist/cli.js"]
CMD ["serve"]
