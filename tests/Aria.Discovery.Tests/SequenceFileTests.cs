namespace Aria.Discovery.Tests;

public sealed class SequenceFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("aria-sequence-").FullName;

    private string FilePath => Path.Combine(_folder, "node", "sequence");

    private static DateTimeOffset At(long unixMs) => DateTimeOffset.FromUnixTimeMilliseconds(unixMs);

    [Fact]
    public void TheClockGivesTheNumber_UnlessItStandsOrGoesBack_AlsoAfterARestart()
    {
        SequenceFile file = new(FilePath);
        Assert.Equal(1000, file.Next(At(1000)));
        Assert.Equal(1001, file.Next(At(1000)));
        Assert.Equal(5000, file.Next(At(5000)));
        Assert.Equal(5001, file.Next(At(10)));
        Assert.Equal(5002, new SequenceFile(FilePath).Next(At(10)));
        Assert.Equal("5002", File.ReadAllText(FilePath));
        Assert.Equal([FilePath], Directory.GetFiles(Path.GetDirectoryName(FilePath)!));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-5")]
    [InlineData("what")]
    [InlineData("9223372036854775807")]
    [InlineData("99999999999999999999")]
    public void AnUnreadableFile_CountsAsNothing(string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
        File.WriteAllText(FilePath, content);
        Assert.Equal(1000, new SequenceFile(FilePath).Next(At(1000)));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
