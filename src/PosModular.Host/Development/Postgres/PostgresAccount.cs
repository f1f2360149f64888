using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace PosModular.Host.Development.Postgres;

/// <summary>
/// The operating-system user that PostgreSQL runs as. PostgreSQL refuses to run as root (docs, "The PostgreSQL User Account"), so for root
/// it is the user <c>postgres</c> that the distribution's package creates, and otherwise the current user.
/// </summary>
internal sealed record PostgresAccount(string? UserName)
{
    public static PostgresAccount Current { get; } = new(Environment.IsPrivilegedProcess ? "postgres" : null);

    /// <summary>The current user, root or not, for programs other than the server.</summary>
    public static PostgresAccount Caller { get; } = new((string?)null);

    /// <summary>Runs a program as this user and waits for its end. When cancelled, it is killed with all its child processes.</summary>
    /// <returns>The exit code and the output, errors included.</returns>
    public async Task<(int ExitCode, string Output)> RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            // This user may be unable to enter the current directory, which PostgreSQL's programs insist on.
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // initdb fails with a locale that the machine lacks, and postgres on macOS fails without any.
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

    /// <summary>Makes this user the owner of a file or directory that this process has created.</summary>
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
    /// Returns the directory itself when this user can reach it. Otherwise, for root and for example a checkout in /root, returns a
    /// directory below /var/lib/posmodular, which is the same every time.
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
                $"The user '{UserName}', which PostgreSQL runs as under root, can enter neither {directory} nor {fallback}: "
                    + "open the directories above (chmod o+x), do not run as root, or set ConnectionStrings__Pos."
            );
    }

    /// <summary>Runs through the shell because .NET first looks for a program in the current directory, and this repository has a file
    /// <c>test</c> there.</summary>
    private async Task<bool> CanEnterAsync(string directory, CancellationToken cancellationToken) =>
        (await RunAsync("/bin/sh", ["-c", "test -x \"$1\"", "sh", directory], cancellationToken)).ExitCode == 0;

    /// <summary>For root, others may pass through the directory; the files in it are closed to them by their own modes.</summary>
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
            var asUser = UserName is null
                ? ""
                : $" as the user '{UserName}', which PostgreSQL needs under root (Debian's package postgresql creates it)";
            throw new EmbeddedPostgresException($"Could not run {start.FileName}{asUser}: {e.Message}", e);
        }
    }
}
