namespace Aria.Benchmarks.Tests;

public sealed class PeerSpecTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void APeer_TakesPartInWhatItHasProgramsFor()
    {
        PeerSpec peer = PeerSpec.Parse($"name=it,model={_file},bench={_file},decode=1.25");
        Assert.Equal(("it", _file, _file, null), (peer.Name, peer.Model, peer.Bench, peer.Batched));
        Assert.Equal([TestKind.Decode, TestKind.Prefill], peer.Kinds.Order());
        Assert.Equal(1.25, Assert.Single(peer.Targets, target => target.Key == TestKind.Decode).Value);
        Assert.Equal([TestKind.Together], PeerSpec.Parse($"name=it,model={_file},batched={_file}").Kinds);
    }

    [Fact]
    public void Tests_NarrowIt() =>
        Assert.Equal([TestKind.Decode, TestKind.Together], PeerSpec.Parse($"name=it,model={_file},bench={_file},batched={_file},tests=decode+together").Kinds.Order());

    [Theory]
    [InlineData("", "expected is")]
    [InlineData("name=it", "needs a model")]
    [InlineData("model=FILE,bench=FILE", "needs a name")]
    [InlineData("name=it,model=/no/such", "no file")]
    [InlineData("name=it,model=FILE", "no program")]
    [InlineData("name=it,model=FILE,bench=FILE,tests=together", "no program")]
    [InlineData("name=it,model=FILE,bench=FILE,decode=fast", "no ratio")]
    [InlineData("name=it,model=FILE,bench=FILE,speed=1", "not known")]
    [InlineData("name=it,name=it,model=FILE", "expected is")]
    public void AnythingElse_IsRefusedWithTheReason(string text, string word) =>
        Assert.Contains(word, Assert.Throws<FormatException>(() => PeerSpec.Parse(text.Replace("FILE", _file, StringComparison.Ordinal))).Message, StringComparison.Ordinal);
}
