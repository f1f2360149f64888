using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using PosModular.Host.GraphQL.Errors;

namespace PosModular.IntegrationTests.Errors;

/// <summary>Errors of the database that pass by themselves reach a client as UNAVAILABLE, which tells it to try again.</summary>
public sealed class ErrorMaskTests
{
    private static string? CodeOf(Exception error) => new ErrorMask(NullLogger<ErrorMask>.Instance).FromException(error)[0].Code;

    // EF Core wraps what Npgsql throws.
    private static InvalidOperationException Wrapped(Exception cause) => new("EF Core", cause);

    [Theory]
    [InlineData("40P01")] // deadlock
    [InlineData("40001")] // serialization failure
    [InlineData("57014")] // statement cancelled by its timeout
    [InlineData("55P03")] // lock timeout
    [InlineData("53300")] // too many connections
    [InlineData("57P01")] // server shutting down
    [InlineData("08006")] // connection failure
    public void A_passing_error_of_the_database_is_UNAVAILABLE(string sqlState) =>
        CodeOf(Wrapped(new PostgresException("", "ERROR", "ERROR", sqlState))).ShouldBe("UNAVAILABLE");

    [Theory]
    [InlineData("23505")] // unique violation
    [InlineData("42P01")] // undefined table
    public void A_fault_of_ours_is_INTERNAL(string sqlState) =>
        CodeOf(Wrapped(new PostgresException("", "ERROR", "ERROR", sqlState))).ShouldBe("INTERNAL");

    [Fact]
    public void The_timeout_of_an_http_call_is_INTERNAL() =>
        CodeOf(Wrapped(new TaskCanceledException("", new TimeoutException()))).ShouldBe("INTERNAL");
}
