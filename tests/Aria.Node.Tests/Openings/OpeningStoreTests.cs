using Aria.Node.Openings;
using Aria.Provenance.Records;
using Aria.Testing.Jobs;

namespace Aria.Node.Tests.Openings;

public sealed class OpeningStoreTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("aria-openings-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void AnOpening_ComesBack_AlsoAfterARestart_UntilItIsErased()
    {
        using SampleJob job = new();
        OpeningStore.Open(_root, 10).Keep(Record(1), job.Opening);
        OpeningStore again = OpeningStore.Open(_root, 10);
        Assert.Equal(job.Opening.Encode(), again.Find(Record(1))!.Encode());
        Assert.Equal([Record(1)], again.Records);
        Assert.Null(again.Find(Record(2)));
        Assert.True(again.Erase(Record(1)));
        Assert.False(again.Erase(Record(1)));
        Assert.Null(again.Find(Record(1)));
    }

    [Fact]
    public void OnlyTheOwner_MayReadIt()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has other rights");
        using SampleJob job = new();
        string folder = Path.Combine(_root, "new");
        OpeningStore.Open(folder, 10).Keep(Record(1), job.Opening);
#pragma warning disable CA1416
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Assert.Single(Directory.GetFiles(folder))));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
#pragma warning restore CA1416
    }

    [Fact]
    public void TooMany_PushTheOldestOut()
    {
        using SampleJob job = new();
        OpeningStore store = OpeningStore.Open(_root, 3);
        for (byte i = 0; i < 5; i++)
        {
            store.Keep(Record(i), job.Opening);
        }

        Assert.Equal([Record(2), Record(3), Record(4)], store.Records.OrderBy(record => record.Digest));
    }

    private static RecordId Record(byte value) => new(SampleJob.Bytes(value));
}
