using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace PosModular.Host.Development.Postgres;

/// <summary>
/// The operating-system user that PostgreSQL runs as. PostgreSQL refuses to run as root (docs, "The PostgreSQL User
/// Account"), so under root it is the user <c>postgres</c> that the distribution's package made, else whoever runs this.
/// </summary>
internal sealed record PostgresAccount(string? UserName)
{
    public static PostgresAccount Current { get; } = new(Environment.IsPrivilegedProcess ? "postgres" : null);

    /// <summary>Whoever runs this, root or not: for what is not PostgreSQL's server.</summary>
    public static PostgresAccount Caller { get; } = new((string?)null);

    /// <summary>Runs a program as this user to its end. A cancelled one is killed with all it started.</summary>
    /// <returns>The exit code and what was printed, errors included.</returns>
    public async Task<(int ExitCode, string Output)> RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            // The caller's directory may be closed to this user, and PostgreSQL's programs insist on entering it.
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // A locale the machine does not have stops initdb, and none at all stops postgres on macOS.
        start.Environment["LC_ALL"] = "C";
        if (UserName is not null)
            start.UserName = UserName;

        using var process = StartProcess(start);
        process.StandardInput.Close();
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return (process.ExitCode, await output + await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    /// <summary>Gives a file or directory, newly made by this process, to this user.</summary>
    public async Task TakeOwnershipAsync(string path, CancellationToken cancellationToken)
    {
        if (UserName is null)
            return;
        var (exitCode, output) = await Caller.RunAsync("/bin/sh", ["-c", "chown \"$1\" \"$2\"", "sh", UserName, path], cancellationToken);
        if (exitCode != 0)
            throw new EmbeddedPostgresException(
                $"Could not give {path} to the user '{UserName}' that PostgreSQL runs as under root: {output.Trim()}"
            );
    }

    /// <summary>
    /// The directory itself where this user can reach it; else, under root (a checkout in /root, say), one of its own
    /// below /var/lib/posmodular, the same one every time.
    /// </summary>
    public async Task<string> FindReachableDirectoryAsync(string directory, CancellationToken cancellationToken)
    {
        CreateDirectory(directory);
        if (UserName is null || await CanEnterAsync(directory, cancellationToken))
            return directory;

        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(directory)))[..12];
        var fallback = Path.Combine("/var/lib/posmodular", $"{Path.GetFileName(directory)}-{hash}");
        CreateDirectory("/var/lib/posmodular");
        CreateDirectory(fallback);
        return await CanEnterAsync(fallback, cancellationToken)
            ? fallback
            : throw new EmbeddedPostgresException(
                $"The user '{UserName}', which PostgreSQL runs as under root, can enter neither {directory} nor {fallback}: open the directories above (chmod o+x), do not run as root, or set ConnectionStrings__Pos."
            );
    }

    /// <summary>Asked of the shell: .NET looks for a bare program name in the current directory first, and this repository has a <c>test</c> there.</summary>
    private async Task<bool> CanEnterAsync(string directory, CancellationToken cancellationToken) =>
        (await RunAsync("/bin/sh", ["-c", "test -x \"$1\"", "sh", directory], cancellationToken)).ExitCode == 0;

    /// <summary>Under root the directory is root's and open to pass through; what is in it has its own, closed, modes.</summary>
    private void CreateDirectory(string directory)
    {
        if (OperatingSystem.IsWindows())
            throw new EmbeddedPostgresException("The private PostgreSQL is for Linux and macOS: set ConnectionStrings__Pos to a server.");
        if (Directory.Exists(directory))
            return;
        Directory.CreateDirectory(directory);
        const UnixFileMode closed = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        File.SetUnixFileMode(directory, UserName is null ? closed : closed | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
    }

    private Process StartProcess(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new EmbeddedPostgresException(
                $"Could not run {start.FileName}{(UserName is null ? "" : $" as the user '{UserName}', which PostgreSQL needs under root (Debian's package postgresql makes it)")}: {e.Message}",
                e
            );
        }
    }
}
