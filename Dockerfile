# One image for every command: the gateway, each subgraph, and the migrations.
ARG NODE=24.21.0

FROM node:${NODE}-trixie-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Our optional packages are Node itself and the embedded PostgreSQL, which an image does not need. They are
# struck out rather than omitted: --omit=optional would take argon2's prebuilt binary along with them.
RUN npm pkg delete optionalDependencies && npm ci --omit=dev --ignore-scripts

FROM node:${NODE}-trixie-slim AS page
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.json ./
RUN npm pkg delete optionalDependencies && npm ci --ignore-scripts
COPY scripts/build-web.mjs scripts/
COPY web web
RUN node scripts/build-web.mjs

FROM node:${NODE}-trixie-slim
ENV NODE_ENV=production HOST=0.0.0.0 NEXUS_DATA_DIR=/var/lib/nexus NODE_OPTIONS=--max-semi-space-size=16
# A volume that is mounted here begins with this owner.
RUN install -d -o 1000 -g 1000 -m 0700 /var/lib/nexus /var/lib/nexus-records
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY package.json rover.yaml ./
COPY schema schema
COPY kit kit
COPY subgraphs subgraphs
COPY gateway gateway
COPY --from=page /app/web/dist web/dist
# By number, because Kubernetes cannot tell from a name whether it is root.
USER 1000:1000
EXPOSE 4000
# The base image's entry point is a shell script; signals are for Node.
ENTRYPOINT ["/usr/local/bin/node"]
CMD ["gateway/main.ts"]
