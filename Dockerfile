FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY runtime runtime
COPY connectors connectors
COPY test/support test/support
RUN npm run build && npm prune --omit=dev

FROM node:24-slim
ENV NODE_ENV=production
# V8 would let short-lived objects of the main thread take 128 MB on a machine with much memory.
ENV NODE_OPTIONS=--max-semi-space-size=16
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE ./
COPY configs configs
RUN ln -s /app/dist/runtime/cli/main.js /usr/local/bin/millrace && mkdir /data && chown node:node /data
USER node
WORKDIR /data
VOLUME /data
ENTRYPOINT ["millrace"]
CMD ["--help"]
