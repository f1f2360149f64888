using PosModular.Kernel.Errors;
using PosModular.Kernel.Paging;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Paging;

/// <summary>A cursor's parts go to the database as they are.</summary>
public sealed class CursorNulTests
{
    [Fact]
    public void A_cursor_that_contains_a_nul_is_invalid_input() =>
        Should.Throw<ApiError>(() => Cursor.Decode("venue", Cursor.Encode("venue", "a\0b"), 1)).Code.ShouldBe("INVALID_INPUT");

    [Fact]
    public void A_cursor_that_contains_an_escaped_nul_is_invalid_input() =>
        Should
            .Throw<ApiError>(() => Cursor.Decode("venue", System.Buffers.Text.Base64Url.EncodeToString("venue|a%00b"u8), 1))
            .Code.ShouldBe("INVALID_INPUT");
}
