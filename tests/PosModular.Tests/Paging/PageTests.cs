using PosModular.Kernel.Errors;
using PosModular.Kernel.Paging;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Paging;

/// <summary>Page sizes of 1 to 200, and the page info of a list.</summary>
public sealed class PageTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(50)]
    [InlineData(200)]
    public void A_page_size_of_1_to_200_is_accepted(int first)
    {
        Page.Of(first, "c").ShouldBe(new Page(first, "c"));
        Page.Of(first, null).FetchCount.ShouldBe(first + 1);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(201)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    public void Another_page_size_is_invalid_input(int first) =>
        Should.Throw<ApiError>(() => Page.Of(first, null)).Code.ShouldBe("INVALID_INPUT");

    [Fact]
    public void Without_a_page_size_the_default_is_used()
    {
        Page.Of(null, null).First.ShouldBe(50);
        Page.Of(null, null, defaultSize: 20).First.ShouldBe(20);
    }

    [Fact]
    public void One_extra_row_shows_that_there_is_a_next_page_and_is_left_out()
    {
        var page = Connection.Of(Page.Of(2, null), ["a", "b", "c"], item => "c" + item);

        page.Nodes.ShouldBe(["a", "b"]);
        page.PageInfo.ShouldBe(new PageInfo(HasNextPage: true, HasPreviousPage: false, "ca", "cb"));
    }

    [Fact]
    public void The_last_page_has_no_next_one()
    {
        var page = Connection.Of(Page.Of(2, "ca"), ["b", "c"], item => "c" + item);

        page.PageInfo.ShouldBe(new PageInfo(HasNextPage: false, HasPreviousPage: true, "cb", "cc"));
    }

    [Fact]
    public void An_empty_page_has_no_cursors() =>
        Connection.Of(Page.Of(2, null), Array.Empty<string>(), item => item).PageInfo.ShouldBe(new PageInfo(false, false, null, null));
}
