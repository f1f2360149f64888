# syntax=docker/dockerfile:1
# Two images of one build: "simulator" stands in for Square and Toast (demo only); "host", the default, is the product.
FROM node:22-bookworm-slim AS node

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
# npm fetches the GraphQL IDE and builds the console as the host is built. The Node.js of the image's own packages is too old for both.
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules /usr/local/lib/node_modules
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx
WORKDIR /source
COPY . .
RUN dotnet publish src/PosModular.Host/PosModular.Host.csproj -c Release -o /app/host \
 && dotnet publish src/PosModular.Simulator -c Release -o /app/simulator

FROM mcr.microsoft.com/dotnet/aspnet:10.0 AS simulator
WORKDIR /app
COPY --from=build /app/simulator .
USER $APP_UID
EXPOSE 9090
ENTRYPOINT ["dotnet", "PosModular.Simulator.dll"]

FROM mcr.microsoft.com/dotnet/aspnet:10.0 AS host
WORKDIR /app
COPY --from=build /app/host .
ENV ASPNETCORE_URLS=http://0.0.0.0:8080
USER $APP_UID
EXPOSE 8080
ENTRYPOINT ["dotnet", "PosModular.Host.dll"]
