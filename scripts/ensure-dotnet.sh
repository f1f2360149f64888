# Sourced. Fails with one line when the .NET SDK that global.json requires is not installed.
# shellcheck shell=bash

ensure_dotnet() {
  if ! command -v dotnet > /dev/null || ! dotnet --version > /dev/null 2>&1; then
    echo "The .NET 10 SDK is needed: https://dotnet.microsoft.com/download/dotnet/10.0" >&2
    return 1
  fi
}

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
