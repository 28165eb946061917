using Aria.Cli.Nodes;

namespace Aria.Cli.Tests.Nodes;

public class ServedLayersTests
{
    private const int Layers = 8;

    [Fact]
    public void All_IsTheWholeModel() => Assert.Equal(StageSpan.Whole(Layers), ServedLayers.Parse("all").SpanOf(Layers, null, null));

    [Fact]
    public void None_IsNothing() => Assert.Null(ServedLayers.Parse("none").SpanOf(Layers, null, null));

    [Theory]
    [InlineData("0-4", null, null, true, false)]
    [InlineData("4-8", null, null, false, true)]
    [InlineData("2-6", null, null, false, false)]
    [InlineData("0-4", false, null, false, false)]
    [InlineData("4-8", null, false, false, false)]
    [InlineData("8-8", null, true, false, true)]
    public void Units_GoWithTheFirstAndTheLastLayer_UnlessSaid(string text, bool? embedding, bool? head, bool embeds, bool hasHead)
    {
        StageSpan span = ServedLayers.Parse(text).SpanOf(Layers, embedding, head)!.Value;
        Assert.Equal((embeds, hasHead), (span.Embedding, span.Head));
    }

    [Theory]
    [InlineData("4-9")]
    [InlineData("8-8")]
    public void RangeThatLeavesTheModel_OrHoldsNothing_IsRefused(string text) =>
        Assert.Equal(ExitCode.Usage, Assert.Throws<CommandFailedException>(() => ServedLayers.Parse(text).SpanOf(Layers, null, null)).ExitCode);

    [Theory]
    [InlineData("5-2")]
    [InlineData("x")]
    [InlineData("")]
    public void Nonsense_IsRefused(string text) => Assert.Equal(ExitCode.Usage, Assert.Throws<CommandFailedException>(() => ServedLayers.Parse(text)).ExitCode);
}
