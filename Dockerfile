# syntax=docker/dockerfile:1
# Two images of one build: "simulator" stands in for Square and Toast (demo only); "host", the default, is the product.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
# npm fetches the GraphQL IDE as the host is built.
RUN apt-get update && apt-get install -y --no-install-recommends nodejs npm && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
RUN dotnet publish src/PosModular.Host -c Release -o /app/host \
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
