# The back-end, with a PostgreSQL of its own elsewhere. No build step: tsx runs the sources.
FROM node:20-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.base.json ./
COPY packages packages
COPY adapters adapters
COPY apps apps
# No install scripts of others run; esbuild, which tsx uses, comes as a binary without one.
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force && mkdir /data && chown node:node /data
USER node
ENV HOST=0.0.0.0 PORT=8787 SOKKIN_DATA=/data
EXPOSE 8787
VOLUME /data
CMD ["node", "--import", "tsx", "apps/server/src/main.ts"]
